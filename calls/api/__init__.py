"""REST under `/api/v1/`: thin views over the services, msgspec in and out, problems for errors."""
