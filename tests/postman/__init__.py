"""The Postman collections, run by Newman against the simulators."""
