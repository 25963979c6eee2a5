// The standard normal distribution: cumulative (Phi) and density (phi).
// Phi by Abramowitz and Stegun 7.1.26, whose error in erf is at most 1.5e-7. The complement is computed first, so that
// the lower tail is small without cancellation; exp underflows to 0 and cannot overflow.
vec4 normal_cumulative(vec4 x) {
    vec4 z = abs(x) * 0.70710678;
    vec4 t = 1.0 / (1.0 + 0.3275911 * z);
    vec4 polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    vec4 tail = 0.5 * polynomial * exp(-z * z);
    return mix(1.0 - tail, tail, lessThan(x, vec4(0)));
}

vec4 normal_density(vec4 x) {
    return 0.39894228 * exp(-0.5 * x * x);
}
