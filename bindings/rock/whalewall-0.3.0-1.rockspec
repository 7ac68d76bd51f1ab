rockspec_format = "3.0"
package = "whalewall"
version = "0.3.0-1"
source = {
  url = "git+https://whalewall.invalid/whalewall.git",
  tag = "v0.3.0",
  dir = "whalewall/bindings/rock",
}
description = {
  summary = "Labels of Docker containers become nftables rules",
  detailed = [[
    libwhalewall for Lua: which rules the labels of Docker containers come to, whether a packet would pass, and why,
    without an engine or root; and an agent that follows an engine and keeps its containers' rules in the kernel.
    The library itself is to be installed (whalewall.pc).
  ]],
  license = "MIT",
}
dependencies = { "lua >= 5.4, < 5.5" }
build = {
  type = "make",
  build_variables = {
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LIBFLAG = "$(LIBFLAG)",
    LUA_INCDIR = "$(LUA_INCDIR)",
  },
  install_variables = {
    INST_LIBDIR = "$(LIBDIR)",
  },
}
