namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Maps the names that a model's checkpoints use to the canonical ones.</summary>
internal interface IFileNames
{
    /// <summary>What the model is called in messages, such as <c>BERT</c>.</summary>
    string Model { get; }

    /// <summary>The canonical form of a name.</summary>
    string Canonical(string name);

    /// <summary>A name with the trunk's prefix, where it is of the trunk.</summary>
    string WithPrefix(string name);

    /// <summary>Whether the name is of a constant, which old versions stored and nobody needs.</summary>
    bool IsBuffer(string name);

    /// <summary>What else to say where a weight of the trunk is missing; begins with a semicolon, or is empty.</summary>
    string HintFor(string missing) => "";
}
