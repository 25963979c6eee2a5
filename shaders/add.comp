#version 450
// y += x
#include "elementwise.glsl"
BUFFER(0, readonly, x)
BUFFER(1, , y)
LOADER(x)
LOADER(y)
STORER(y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_y(quad, n, load_x(quad, n) + load_y(quad, n));
    }
}
