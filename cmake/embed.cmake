# cmake -DOUT=file.c -DROOT=dir -DFILES="a.lua;b.lua" -P embed.cmake
# Writes `const struct ww_embedded ww_embedded[]`: path and text of each file (bindings/embedded.h).
set(table "")
set(arrays "")
set(index 0)
foreach(file ${FILES})
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file_${index}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${file}\", (const char *)file_${index}, sizeof(file_${index}) - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT}
     "#include \"bindings/embedded.h\"\n\n${arrays}\nconst struct ww_embedded ww_embedded[] = {\n${table}    {0, 0, 0}\n};\n")
