# Unit tests of ipsec/.
