"""The AWS services that the product runs on, on this machine, built from `template.yaml`."""
