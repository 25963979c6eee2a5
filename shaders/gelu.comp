#version 450
// y = x Phi(x). Hendrycks and Gimpel, arXiv:1606.08415.
#include "elementwise.glsl"
#include "normal.glsl"
INPUT(0, x)
OUTPUT(1, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 value = load_x(quad, n);
        store_y(quad, n, value * normal_cumulative(value));
    }
}
