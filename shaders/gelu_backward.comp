#version 450
// dx = dy (Phi(x) + x phi(x))
#include "elementwise.glsl"
#include "normal.glsl"
INPUT(0, x)
INPUT(1, dy)
OUTPUT(2, dx)
LOADER(x)
LOADER(dy)
STORER(dx)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 value = load_x(quad, n);
        store_dx(quad, n, load_dy(quad, n) * (normal_cumulative(value) + value * normal_density(value)));
    }
}
