/* The tables behind keys.h. Data only. */
#include "conf/keys.h"

#define SECTION_ROW(id, name, title, most, doc) {name, title, most, doc},
#define KEY_ROW(id, section, ...)               {SECTION_##section, __VA_ARGS__},

const struct section conf_sections[SECTIONS] = {CONF_SECTIONS(SECTION_ROW)};
const struct key conf_keys[KEYS] = {CONF_KEYS(KEY_ROW)};
