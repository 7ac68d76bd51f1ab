return {
  { "ports", "ports", required = true },
}
