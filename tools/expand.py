"""Print what CloudFormation gets to see: the template after the SAM transform, as JSON.

Run it with sam's own Python: ``.tools/sam/bin/python tools/expand.py template.yaml``. Most of the
linter's rules and several of SAM's defaults show only here. Nothing is fetched, no account is used.
"""

import json
import os
import sys
from pathlib import Path

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map

REGION = "us-east-1"


class BundledPolicies:
    """Names of AWS's own policies as the translator ships them, instead of asking IAM."""

    def load(self) -> dict[str, str]:
        """Give each policy's ARN by its name."""
        arns: dict[str, str] = get_bundled_managed_policy_map("aws")
        return arns


def expand(template: Path) -> dict[str, object]:
    """Apply the SAM transform to ``template``, its local folders standing in for uploads."""
    source = yaml_parse(template.read_text(encoding="utf-8"))
    validator = SamTemplateValidator(source, BundledPolicies(), region=REGION)
    expanded: dict[str, object] = yaml_parse(validator.get_translated_template_if_valid())
    return expanded


if __name__ == "__main__":
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    json.dump(expand(Path(sys.argv[1])), sys.stdout, indent=2)
