# Unit tests of conf/.
