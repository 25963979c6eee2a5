#version 450
// term = (prediction - target)^2 / divisor; d_prediction = 2 (prediction - target) / divisor
#include "elementwise.glsl"
INPUT(0, prediction)
INPUT(1, expected)
OUTPUT(2, term)
OUTPUT(3, d_prediction)
LOADER(prediction)
LOADER(expected)
STORER(term)
STORER(d_prediction)
layout(push_constant) uniform Constants {
    uint n;
    float divisor;
};

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 difference = load_prediction(quad, n) - load_expected(quad, n);
        store_term(quad, n, difference * difference / divisor);
        store_d_prediction(quad, n, difference * (2.0 / divisor));
    }
}
