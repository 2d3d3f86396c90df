"""From records to profiles: counts of days that hold no row, from a host's folder to the branch mainline/monitor."""
