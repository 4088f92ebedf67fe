/* Prints the documented sample configuration. It reads nothing and changes nothing. */
#include "conf/conf.h"

int main(void)
{
    conf_sample(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
