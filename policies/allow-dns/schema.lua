return {
  { "servers", "addresses", filled = true },
}
