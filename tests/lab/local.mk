# The lab.
