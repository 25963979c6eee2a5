#version 450
// dx = dy gelu'(x)
#include "elementwise.glsl"
#include "gelu.glsl"
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
        store_dx(quad, n, load_dy(quad, n) * gelu_derivative(load_x(quad, n)));
    }
}
