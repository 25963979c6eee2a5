namespace VkSparseGrad.Cli.Demo;

/// <summary>A word with the forms that agreement tells apart.</summary>
/// <param name="Singular">The form with one: <c>farmer</c>, <c>sleeps</c>, <c>this</c>.</param>
/// <param name="Plural">The form with several: <c>farmers</c>, <c>sleep</c>, <c>these</c>.</param>
/// <param name="HeldOut">Whether the word is kept from the training split.</param>
internal sealed record Word(string Singular, string Plural, bool HeldOut)
{
    /// <summary>The form for a number.</summary>
    public string Form(bool plural) => plural ? Plural : Singular;
}
