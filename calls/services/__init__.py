"""Every write that touches more than one row, and the work that is due. Functions are atomic and publish on commit."""
