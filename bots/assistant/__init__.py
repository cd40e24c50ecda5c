"""A bot whose words come from a language model behind an OpenAI-compatible chat endpoint."""
