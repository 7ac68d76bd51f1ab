return {
  { "networks", "texts" },
  { "projects", "texts" },
  { "everything", "boolean", default = false },
}
