using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>What a <c>config.json</c> says about the rotary embedding.</summary>
/// <remarks>
/// Transformers 4 keeps <c>rope_theta</c> beside <c>rope_scaling</c>, transformers 5 both in <c>rope_parameters</c>. A file that
/// says two different things is refused, since versions would choose differently.
/// </remarks>
internal static class RotaryFields
{
    private const string BaseKey = "rope_theta";
    private const double DefaultBase = 10000;

    public static double Base(ConfigFields fields)
    {
        double outer = fields.PositiveNumber(BaseKey, absent: DefaultBase);
        double inner = Parameters(fields)?.PositiveNumber(BaseKey, absent: outer) ?? outer;
        return inner == outer || fields.IsAbsent(BaseKey)
            ? inner
            : throw fields.Error(FormattableString.Invariant($"{BaseKey} is {outer} in one place and {inner} in another; remove one of them"));
    }

    public static RotaryScaling? Scaling(ConfigFields fields)
    {
        if (Parameters(fields) is not { } parameters)
            return null;
        if (!parameters.IsAbsent("partial_rotary_factor") && parameters.PositiveNumber("partial_rotary_factor") != 1)
            throw parameters.Error("partial_rotary_factor is not 1; only heads that are turned whole are supported here");
        string? type = parameters.TextOrNull("rope_type") ?? parameters.TextOrNull("type");
        return type switch
        {
            null or "default" => null,
            "linear" => new LinearRotaryScaling(Factor(parameters)),
            "llama3" => Llama3(parameters),
            _ => throw parameters.Error($"the rotary scaling {Safetensors.Printable.Quote(type)} is not supported here; \"default\", \"linear\" and \"llama3\" are"),
        };
    }

    private static ConfigFields? Parameters(ConfigFields fields)
    {
        ConfigFields? scaling = fields.ObjectOrNull("rope_scaling");
        ConfigFields? parameters = fields.ObjectOrNull("rope_parameters");
        return scaling is null || parameters is null
            ? scaling ?? parameters
            : throw fields.Error("there are both rope_scaling and rope_parameters; remove one of them");
    }

    private static Llama3RotaryScaling Llama3(ConfigFields parameters)
    {
        var scaling = new Llama3RotaryScaling(
            Factor(parameters),
            parameters.PositiveNumber("low_freq_factor"),
            parameters.PositiveNumber("high_freq_factor"),
            parameters.Positive("original_max_position_embeddings"));
        return scaling.LowFrequencyFactor < scaling.HighFrequencyFactor
            ? scaling
            : throw parameters.Error(FormattableString.Invariant($"low_freq_factor {scaling.LowFrequencyFactor} is not below high_freq_factor {scaling.HighFrequencyFactor}"));
    }

    private static double Factor(ConfigFields parameters)
    {
        double factor = parameters.PositiveNumber("factor");
        return factor >= 1 ? factor : throw parameters.Error(FormattableString.Invariant($"factor is {factor}, expected a number of at least 1"));
    }
}
