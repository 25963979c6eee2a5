#version 450
// new_y = y + x; new_y is y
#include "elementwise.glsl"
INPUT(0, x)
INPUT(1, y)
OUTPUT(2, new_y)
LOADER(x)
LOADER(y)
STORER(new_y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_new_y(quad, n, load_x(quad, n) + load_y(quad, n));
    }
}
