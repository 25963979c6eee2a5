namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>What <c>adapter_config.json</c> says of one MLP weight.</summary>
/// <param name="Name">The canonical name of the dense weight.</param>
/// <param name="Kind">Names its bases.</param>
/// <param name="SmallSideIsInput">Whether the small side is the input.</param>
/// <param name="Small">d.</param>
/// <param name="Large">D, at most <see cref="LongestSide"/>.</param>
/// <param name="Entries">Places that moved, at most d · D.</param>
internal sealed record SparseGradAdapterWeight(string Name, string Kind, bool SmallSideIsInput, int Small, int Large, int Entries)
{
    /// <summary>The longest side whose basis fits an array.</summary>
    public const int LongestSide = 46_340;

    /// <summary>D_out.</summary>
    public int Outputs => SmallSideIsInput ? Large : Small;

    /// <summary>D_in.</summary>
    public int Inputs => SmallSideIsInput ? Small : Large;
}
