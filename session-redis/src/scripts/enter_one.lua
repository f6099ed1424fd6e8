-- KEYS: index. ARGV: member, px of the index, now.
enter(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
return 1
