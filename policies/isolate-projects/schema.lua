return {
  { "shared", "texts" },
  { "strict", "boolean", default = false },
}
