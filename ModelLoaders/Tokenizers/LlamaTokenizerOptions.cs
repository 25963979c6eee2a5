namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>What a <c>tokenizer_config.json</c> says of a LLaMA tokenizer; the defaults are those of Hugging Face's.</summary>
internal sealed record LlamaTokenizerOptions
{
    /// <summary>Whether every text begins with the begin token (<c>add_bos_token</c>).</summary>
    public bool AddsBegin { get; init; } = true;

    /// <summary>Whether every text ends with the end token (<c>add_eos_token</c>).</summary>
    public bool AddsEnd { get; init; }

    /// <summary>Whether a text gets a space in front (<c>add_prefix_space</c>). For <c>tokenizer.model</c> only, as is <see cref="IsLegacy"/>.</summary>
    public bool AddsPrefix { get; init; } = true;

    /// <summary>Whether text behind a special token gets one too (<c>legacy</c>).</summary>
    public bool IsLegacy { get; init; } = true;

    public string BeginToken { get; init; } = "<s>";

    public string EndToken { get; init; } = "</s>";

    public string UnknownToken { get; init; } = "<unk>";

    /// <summary>Tokens beside the vocabulary (<c>added_tokens_decoder</c>).</summary>
    public IReadOnlyList<SpecialToken> AddedTokens { get; init; } = [];
}
