using VkSparseGrad.Layers;

namespace VkSparseGrad.Models;

/// <summary>A transformer block's linear layers, each of which may be put in another's place.</summary>
/// <param name="index">Its number, counted from 0.</param>
internal abstract class Block(int index) : IDisposable
{
    private readonly ILinear?[] layers = new ILinear?[Enum.GetValues<LayerKind>().Length];

    public int Index { get; } = index;

    /// <summary>The layers there are.</summary>
    public IEnumerable<ILinear> Layers => layers.OfType<ILinear>();

    /// <summary>Whether there is a layer of a kind.</summary>
    public bool Has(LayerKind kind) => layers[(int)kind] is not null;

    /// <summary>The layer of a kind.</summary>
    /// <exception cref="ArgumentException">The block has no layer of this kind.</exception>
    public ILinear this[LayerKind kind]
    {
        get => layers[(int)kind] ?? throw new ArgumentException($"The model's blocks have no layer {kind}.");
        set => layers[(int)kind] = value;
    }

    public virtual void Dispose()
    {
        foreach (ILinear layer in Layers)
        {
            layer.Dispose();
        }
    }
}
