"""What was built, run in the containers that Lambda's code meets."""
