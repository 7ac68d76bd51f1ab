return {
  { "lists", { map = "addresses" } },
  { "files", { map = "file" } },
}
