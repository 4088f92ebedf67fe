# Unit tests of routing/.
