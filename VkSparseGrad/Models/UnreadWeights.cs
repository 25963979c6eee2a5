namespace VkSparseGrad.Models;

/// <summary>Weights that are all there but have no values: for a model of which only the memory is counted. Each has the shape that
/// the model asks for.</summary>
/// <param name="format">What the elements of each are where they are stored.</param>
internal sealed class UnreadWeights(WeightFormat format) : IWeightSource
{
    public bool Contains(string name) => true;

    public IReadOnlyList<long> ShapeOf(string name) => throw Unread(name);

    public void Read(string name, Span<float> destination) => throw Unread(name);

    public WeightFormat FormatOf(string name) => format;

    private static InvalidOperationException Unread(string name) => new($"{name} is there to be counted, and is not read.");
}
