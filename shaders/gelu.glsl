// GELU by the standard normal distribution: cumulative (Phi) and density (phi).
// Phi through erfc(z) = exp(-z^2) t P(t) with t = 1 / (1 + 0.45 z), z >= 0; P was fitted to a relative error below 3e-7 for
// z up to 9, beyond which the product is 0 in 32 bits. So the lower tail is accurate without cancellation; exp underflows
// to 0 and cannot overflow.
// Each multiplication that is to be added is an fma, and no other may become one (precise): so a value has the same bits in every kernel.
vec4 normal_cumulative(vec4 x) {
    vec4 z = abs(x) * 0.70710678;
    vec4 t = 1.0 / fma(vec4(0.45), z, vec4(1));
    vec4 polynomial = fma(t, vec4(0.0659501898), vec4(-0.236295045));
    polynomial = fma(t, polynomial, vec4(0.201701292));
    polynomial = fma(t, polynomial, vec4(0.0471445846));
    polynomial = fma(t, polynomial, vec4(0.184869643));
    polynomial = fma(t, polynomial, vec4(0.229268937));
    polynomial = fma(t, polynomial, vec4(0.253438416));
    polynomial = fma(t, polynomial, vec4(0.253922269));
    vec4 tail = 0.5 * (t * polynomial) * exp(-z * z);
    precise vec4 cumulative = mix(1.0 - tail, tail, lessThan(x, vec4(0)));
    return cumulative;
}

vec4 normal_density(vec4 x) {
    return 0.39894228 * exp(-0.5 * x * x);
}

// x Phi(x). Hendrycks and Gimpel, arXiv:1606.08415.
vec4 gelu(vec4 x) {
    return x * normal_cumulative(x);
}

vec4 gelu_derivative(vec4 x) {
    return fma(x, normal_density(x), normal_cumulative(x));
}
