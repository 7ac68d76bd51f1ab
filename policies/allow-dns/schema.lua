return {
  { "servers", "addresses" },
}
