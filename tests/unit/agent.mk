# Unit tests of agent/.
