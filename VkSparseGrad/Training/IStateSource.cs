namespace VkSparseGrad.Training;

/// <summary>Gives back the values of a <see cref="StateTensor"/> by its name.</summary>
public interface IStateSource
{
    /// <summary>Whether the state has a tensor of this name.</summary>
    bool Contains(string name);

    /// <summary>Reads a float tensor, row-major.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">As long as the tensor.</param>
    void Read(string name, Span<float> destination);

    /// <summary>Reads an integer tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">As long as the tensor.</param>
    void Read(string name, Span<uint> destination);
}
