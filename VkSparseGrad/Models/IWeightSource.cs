namespace VkSparseGrad.Models;

/// <summary>Named weights a model is built from, widened to 32-bit floats as they are read.</summary>
/// <remarks>Names are the canonical Hugging Face ones, such as <c>bert.encoder.layer.0.output.dense.weight</c>.</remarks>
public interface IWeightSource
{
    /// <summary>Whether there is a weight of this name.</summary>
    bool Contains(string name);

    /// <summary>The dimensions of a weight, outermost first.</summary>
    /// <exception cref="KeyNotFoundException">There is no weight of this name.</exception>
    IReadOnlyList<long> ShapeOf(string name);

    /// <summary>Reads a weight, row-major.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="destination">As long as the product of the dimensions.</param>
    /// <exception cref="KeyNotFoundException">There is no weight of this name.</exception>
    void Read(string name, Span<float> destination);

    /// <summary>What the elements of a weight are; a source that does not say widens them all.</summary>
    /// <exception cref="KeyNotFoundException">There is no weight of this name.</exception>
    WeightFormat FormatOf(string name) => WeightFormat.Float32;

    /// <summary>Reads a weight of 16-bit elements as it is stored, row-major.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="destination">As long as the product of the dimensions.</param>
    /// <exception cref="KeyNotFoundException">There is no weight of this name.</exception>
    /// <exception cref="InvalidOperationException">The elements are not of 16 bits; see <see cref="FormatOf"/>.</exception>
    void ReadHalves(string name, Span<ushort> destination) =>
        throw new InvalidOperationException($"'{name}' is not of 16-bit elements");
}
