"""The outside world: `requests` and `boto3` live here and nowhere else."""
