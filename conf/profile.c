/* The tables behind profile.h. No I/O, no allocation. */
#include "conf/profile.h"

#include <string.h>

#define PROFILE_ROW(id, ...)               {__VA_ARGS__},
#define PROFILE_VALUE(profile, key, value) {PROFILE_##profile, KEY_##key, value},

const struct profile conf_profiles[PROFILES] = {CONF_PROFILES(PROFILE_ROW)};
static const struct profile_value values[] = {CONF_PROFILE_VALUES(PROFILE_VALUE)};

const struct profile *profile_find(const char *name)
{
    for (unsigned i = 0; i < PROFILES; i++) {
        if (strcmp(conf_profiles[i].name, name) == 0)
            return &conf_profiles[i];
    }
    return NULL;
}

const char *profile_default(const struct profile *profile, enum key_id key)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (values[i].key == key && &conf_profiles[values[i].profile] == profile)
            return values[i].text;
    }
    return conf_keys[key].fallback;
}
