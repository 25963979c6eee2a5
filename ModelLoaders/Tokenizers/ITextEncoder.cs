namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Makes token ids of a text, as a language model takes them.</summary>
/// <remarks>
/// Whether the name of a special token within a text, such as <c>&lt;/s&gt;</c>, is that token is up to the implementation. For
/// texts that others wrote it should not be: a conversation could otherwise end itself.
/// </remarks>
public interface ITextEncoder
{
    /// <summary>The id in front of a text.</summary>
    int BeginId { get; }

    /// <summary>The id behind a text.</summary>
    int EndId { get; }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="addBegin">Whether <see cref="BeginId"/> is put in front.</param>
    /// <param name="addEnd">Whether <see cref="EndId"/> is put behind.</param>
    int[] EncodeText(string text, bool addBegin, bool addEnd);
}
