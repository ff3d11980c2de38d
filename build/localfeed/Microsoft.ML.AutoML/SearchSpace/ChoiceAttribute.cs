namespace Microsoft.ML.SearchSpace;

/// <summary>A member takes one of some values of its type.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, Inherited = false, AllowMultiple = false)]
public sealed class ChoiceAttribute : Attribute
{
    public ChoiceAttribute(params object[] candidates) => Candidates = candidates;

    public ChoiceAttribute(object[] candidates, object defaultValue) => (Candidates, DefaultValue) = (candidates, defaultValue);

    public object[] Candidates { get; }

    /// <summary>The first value; null: the first candidate.</summary>
    public object DefaultValue { get; }
}
