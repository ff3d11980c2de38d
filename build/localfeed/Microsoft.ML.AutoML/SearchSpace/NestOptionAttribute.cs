namespace Microsoft.ML.SearchSpace;

/// <summary>A member's own members are swept.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, Inherited = false, AllowMultiple = false)]
public sealed class NestOptionAttribute : Attribute
{
}
