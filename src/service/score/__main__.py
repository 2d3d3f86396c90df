"""`python -m service.score INPUT OUTPUT`: what `mainline score` runs, and what the image has."""

import sys

from service.score.command import main

sys.exit(main())
