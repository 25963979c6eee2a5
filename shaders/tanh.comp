#version 450
// y = tanh(x). Beyond 10 it is 1 in 32 bits; drivers compute tanh through exp, which overflows without the clamp.
#include "elementwise.glsl"
BUFFER(0, readonly, x)
BUFFER(1, writeonly, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_y(quad, n, tanh(clamp(load_x(quad, n), -10.0, 10.0)));
    }
}
