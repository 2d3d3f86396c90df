"""Before anything is written: refuses a name that is none, and a folder that holds something.

The folder has - where the name has / (__folder in cookiecutter.json): else there would be one inside another by now,
and cookiecutter takes only the inner one away again.
"""

import json
import os
import re
import sys

# the formatter leaves this file alone: other quotes would break on a name that holds quotes
ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
NAME = r"[a-z][a-z0-9-]{1,38}[a-z0-9]"

slug = ANSWERS["project_slug"]
if not re.fullmatch(NAME, slug):
    sys.exit(f"{slug!r}: no name for a project; take 3 to 40 of a-z, 0-9 and -, from a letter on, such as my-model")
if os.listdir():
    sys.exit(f"{os.getcwd()}: is there already, and not empty; take another name, or move it away")
