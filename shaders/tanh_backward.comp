#version 450
// dx = dy (1 - y^2)
#include "elementwise.glsl"
INPUT(0, y)
INPUT(1, dy)
OUTPUT(2, dx)
LOADER(y)
LOADER(dy)
STORER(dx)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 value = load_y(quad, n);
        store_dx(quad, n, load_dy(quad, n) * (1.0 - value * value));
    }
}
