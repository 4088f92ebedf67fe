# Unit tests of cluster/.
