return {
  { "addresses", "addresses" },
}
