#version 450
// y = gelu(x)
#include "elementwise.glsl"
#include "gelu.glsl"
INPUT(0, x)
OUTPUT(1, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_y(quad, n, gelu(load_x(quad, n)));
    }
}
