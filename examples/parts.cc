// Nothing: its target holds the headers that programs share, precompiled.
