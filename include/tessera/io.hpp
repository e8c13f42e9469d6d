// All of tessera/io/.
#pragma once

#include "tessera/io/checked.hpp"
#include "tessera/io/decimal.hpp"
#include "tessera/io/gguf.hpp"
#include "tessera/io/gguf_types.hpp"
#include "tessera/io/json.hpp"
#include "tessera/io/json_parser.hpp"
#include "tessera/io/json_value.hpp"
#include "tessera/io/json_writer.hpp"
#include "tessera/io/mapped_file.hpp"
#include "tessera/io/memory.hpp"
#include "tessera/io/name_index.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/io/source.hpp"
#include "tessera/io/tensor_table.hpp"
#include "tessera/io/utf8.hpp"
#include "tessera/io/write_safetensors.hpp"
